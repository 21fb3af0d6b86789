# What every target of ours has in common.

# cifar_engine_warnings(<target>): our own warnings, never those of a dependency.
function(cifar_engine_warnings target)
    # -Wrestrict: gcc 12 accuses std::string (GCC bug 105329).
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-restrict)
    if(CIFAR_ENGINE_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()

# cifar_engine_library(<name> SOURCES <file>... [HEADERS <file>...] [EXPORT <set>]): one layer of the house as a static
# library, known as cifar_engine::<name>, in this build and once installed. The target's own name is longer, so that
# it meets no other in a project that this one is a part of.
# HEADERS: what is installed, by default all headers under the folder of the caller. They are included from the
# repository's root ("engine/tensor.h"). EXPORT: the file of the package it is named in.
function(cifar_engine_library name)
    cmake_parse_arguments(PARSE_ARGV 1 library "" "EXPORT" "SOURCES;HEADERS")
    if(NOT library_HEADERS)
        file(GLOB_RECURSE library_HEADERS CONFIGURE_DEPENDS *.h)
    endif()
    if(NOT library_EXPORT)
        set(library_EXPORT cifar_engineTargets)
    endif()
    set(target cifar_engine_${name})
    add_library(${target} STATIC ${library_SOURCES})
    add_library(cifar_engine::${name} ALIAS ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${library_HEADERS})
    cifar_engine_warnings(${target})
    if(CIFAR_ENGINE_INSTALL)
        install(TARGETS ${target} EXPORT ${library_EXPORT}
                FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/cifar_engine)
    endif()
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
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    cifar_engine_warnings(${name})
    set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CXX)
    target_compile_options(${name} PRIVATE "SHELL:-x c++" -O1 -g -ffp-contract=off -fno-sanitize=all -fsanitize=thread
                           -fsanitize=bounds -fsanitize-recover=bounds
                           -fno-tree-sra -fno-optimize-sibling-calls)
endfunction()
