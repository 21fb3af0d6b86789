# What `cmake --install` adds to the libraries, headers and sample images that the layers install themselves: the
# program, and the package that find_package(cifar_engine) reads.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cifar_engine)
set(sample_dir ${CMAKE_INSTALL_DATADIR}/cifar_engine/sample)

if(CIFAR_ENGINE_APP)
    install(TARGETS cifar_engine)
endif()

# The two files are apart for those who have not what a download needs.
install(EXPORT cifar_engineTargets NAMESPACE cifar_engine:: DESTINATION ${package_dir})
if(CIFAR_ENGINE_DOWNLOAD)
    install(EXPORT cifar_engineDownloadTargets NAMESPACE cifar_engine:: DESTINATION ${package_dir})
endif()
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/cifar_engineConfig.cmake.in cifar_engineConfig.cmake
                              INSTALL_DESTINATION ${package_dir} PATH_VARS sample_dir)
# Before 1.0 the interface may change with every minor version.
write_basic_package_version_file(cifar_engineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/cifar_engineConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/cifar_engineConfigVersion.cmake
        DESTINATION ${package_dir})
