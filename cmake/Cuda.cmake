# Is there a CUDA compiler? CIFAR_ENGINE_CUDA is on where there is one that knows C++20 and works with this host
# compiler; else the folder kernels/cuda is left out, and nothing else changes.
include(CheckLanguage)

# cifar_engine_find_nvcc(<variable>): the path of nvcc 12 or newer, or "". On PATH, in $CUDACXX, or where NVIDIA's
# installer puts it.
function(cifar_engine_find_nvcc variable)
    set(${variable} "" PARENT_SCOPE)
    find_program(CIFAR_ENGINE_NVCC NAMES $ENV{CUDACXX} nvcc HINTS ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(CIFAR_ENGINE_NVCC)
    if(CIFAR_ENGINE_NVCC)
        execute_process(COMMAND ${CIFAR_ENGINE_NVCC} --version OUTPUT_VARIABLE version ERROR_QUIET)
        if(version MATCHES "release ([0-9]+\\.[0-9]+)" AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL 12)
            set(${variable} ${CIFAR_ENGINE_NVCC} PARENT_SCOPE)
        else()
            message(STATUS "CUDA is left out: ${CIFAR_ENGINE_NVCC} is older than 12, which knows C++20")
        endif()
    endif()
endfunction()

if(NOT DEFINED CIFAR_ENGINE_CUDA)
    set(cuda_default OFF)
    # The sanitizers' runtimes and the GPU's driver disagree about the address space.
    if(NOT CIFAR_ENGINE_SANITIZE)
        cifar_engine_find_nvcc(nvcc)
        if(nvcc)
            set(ENV{CUDACXX} ${nvcc})
            check_language(CUDA)  # tries it, with the host compiler, in a project of its own
            if(CMAKE_CUDA_COMPILER)
                set(cuda_default ON)
            endif()
        endif()
    endif()
endif()
option(CIFAR_ENGINE_CUDA "Build the CUDA kernels, for --device cuda" ${cuda_default})

if(CIFAR_ENGINE_CUDA)
    # Machine code for compute capability 8.0 (and the 8.x after it) and 9.0; newer GPUs compile the PTX of 9.0.
    set(CMAKE_CUDA_ARCHITECTURES "80-real;90-real;90-virtual" CACHE STRING "GPUs that CUDA kernels are compiled for")
    if(CCACHE)
        set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
    endif()
    enable_language(CUDA)
    set(CMAKE_CUDA_STANDARD 20)
    set(CMAKE_CUDA_STANDARD_REQUIRED ON)
    set(CMAKE_CUDA_EXTENSIONS OFF)
    if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # CMake before 3.25.2 does not know that nvcc 12 has it
        set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    endif()
    find_package(CUDAToolkit 12 REQUIRED)
endif()
