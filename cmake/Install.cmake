# What `cmake --install` adds to the libraries, headers and sample images that the layers install themselves: the
# program, and the package that find_package(cifar_engine) reads.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cifar_engine)

if(CIFAR_ENGINE_APP)
    install(TARGETS cifar_engine)
endif()

install(EXPORT cifar_engineTargets NAMESPACE cifar_engine:: DESTINATION ${package_dir})
configure_package_config_file(cmake/cifar_engineConfig.cmake.in cifar_engineConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 the interface may change with every minor version.
write_basic_package_version_file(cifar_engineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/cifar_engineConfig.cmake ${PROJECT_BINARY_DIR}/cifar_engineConfigVersion.cmake
        DESTINATION ${package_dir})
