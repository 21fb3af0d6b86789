# What every target of ours has in common.

# cifar_engine_warnings(<target>): our own warnings, never those of a dependency.
function(cifar_engine_warnings target)
    # -Wrestrict: gcc 12 accuses std::string (GCC bug 105329).
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-restrict)
    if(CIFAR_ENGINE_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# cifar_engine_library(<name> <source>...): one layer of the house as a static library, also known as
# cifar_engine::<name>, in this build and once installed. Its headers are those under the folder of the caller; they
# are included from the repository's root ("engine/tensor.h").
function(cifar_engine_library name)
    add_library(${name} STATIC ${ARGN})
    add_library(cifar_engine::${name} ALIAS ${name})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME cifar_engine_${name})
    target_compile_features(${name} PUBLIC cxx_std_20)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS *.h)
    target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
    cifar_engine_warnings(${name})
    install(TARGETS ${name} EXPORT cifar_engineTargets
            FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cifar_engine)
endfunction()
