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

# cifar_engine_emulated_kernels(<name> <file.cu>...): an object library of .cu files for the emulated device. The
# compiler instruments each access and each index; the functions that it calls are the emulator's, not those of the
# sanitizers' runtimes, which are not linked.
# What is folded or split after instrumentation would be seen as the compiler made it, not as it was written:
#   -fno-tree-sra                    else a float4 is read as four floats
#   -fno-optimize-sibling-calls      else a kernel's last call returns to a place outside of it
# With -g, even in a release build: reports name lines.
function(cifar_engine_emulated_kernels name)
    add_library(${name} OBJECT ${ARGN})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    cifar_engine_warnings(${name})
    set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
    target_compile_options(${name} PRIVATE "SHELL:-x c++" -O1 -g -ffp-contract=off -fno-sanitize=all -fsanitize=thread
                           -fsanitize=bounds -fsanitize-recover=bounds
                           -fno-tree-sra -fno-optimize-sibling-calls)
endfunction()
