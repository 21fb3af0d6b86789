# Every dependency is found installed, or a pinned release is fetched. README.md says what each is for.
include(FetchContent)
set(FETCHCONTENT_QUIET ON)

find_package(Threads REQUIRED)
if(CIFAR_ENGINE_OPENMP)
    find_package(OpenMP REQUIRED COMPONENTS CXX)
endif()

if(CIFAR_ENGINE_EMULATOR)
    find_package(Boost 1.74 REQUIRED COMPONENTS context)
elseif(CIFAR_ENGINE_APP)
    find_package(Boost 1.74 REQUIRED)  # its headers
endif()

set(HWY_ENABLE_TESTS OFF CACHE INTERNAL "")
set(HWY_ENABLE_EXAMPLES OFF CACHE INTERNAL "")
set(HWY_ENABLE_CONTRIB OFF CACHE INTERNAL "")
FetchContent_Declare(highway SYSTEM URL https://github.com/google/highway/archive/refs/tags/1.0.7.tar.gz
                     URL_HASH SHA256=5434488108186c170a5e2fca5e3c9b6ef59a1caa4d520b008a9b8be6b8abe6c5
                     FIND_PACKAGE_ARGS NAMES hwy)
FetchContent_Declare(nlohmann_json SYSTEM URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
                     URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d
                     FIND_PACKAGE_ARGS NAMES nlohmann_json)
FetchContent_MakeAvailable(highway nlohmann_json)
if(NOT TARGET hwy::hwy)
    add_library(hwy::hwy ALIAS hwy)
endif()

# Headers alone, without a package file: found by a header, or fetched and not built.
find_path(STB_INCLUDE_DIR stb_image_write.h PATH_SUFFIXES stb)
if(NOT STB_INCLUDE_DIR)
    FetchContent_Declare(stb URL https://github.com/nothings/stb/archive/8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55.tar.gz
                         URL_HASH SHA256=c47cf5abe21e1d620afccd159c23fe71dfa86eb270015a7646a4f79e9bfd5503)
    FetchContent_MakeAvailable(stb)
    set(STB_INCLUDE_DIR ${stb_SOURCE_DIR})
endif()
add_library(stb INTERFACE)
target_include_directories(stb SYSTEM INTERFACE ${STB_INCLUDE_DIR})

find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_writer.hpp)
if(NOT PROTOZERO_INCLUDE_DIR)
    FetchContent_Declare(protozero URL https://github.com/mapbox/protozero/archive/refs/tags/v1.7.1.tar.gz
                         URL_HASH SHA256=27e0017d5b3ba06d646a3ec6391d5ccc8500db821be480aefd2e4ddc3de5ff99
                         SOURCE_SUBDIR include)  # where no CMakeLists.txt is
    FetchContent_MakeAvailable(protozero)
    set(PROTOZERO_INCLUDE_DIR ${protozero_SOURCE_DIR}/include)
endif()
add_library(protozero INTERFACE)
target_include_directories(protozero SYSTEM INTERFACE ${PROTOZERO_INCLUDE_DIR})

if(CIFAR_ENGINE_APP OR CIFAR_ENGINE_TESTS)
    FetchContent_Declare(fmt SYSTEM URL https://github.com/fmtlib/fmt/archive/refs/tags/9.1.0.tar.gz
                         URL_HASH SHA256=5dea48d1fcddc3ec571ce2058e13910a0d4a6bab4cc09a809d8b1dd1c88ae6f2
                         FIND_PACKAGE_ARGS NAMES fmt)
    FetchContent_MakeAvailable(fmt)
endif()
if(CIFAR_ENGINE_APP OR CIFAR_ENGINE_BENCH)
    FetchContent_Declare(CLI11 SYSTEM URL https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.3.2.tar.gz
                         URL_HASH SHA256=aac0ab42108131ac5d3344a9db0fdf25c4db652296641955720a4fbe52334e22
                         FIND_PACKAGE_ARGS NAMES CLI11)
    FetchContent_MakeAvailable(CLI11)
endif()
if(CIFAR_ENGINE_DOWNLOAD)
    find_package(CURL 7.87 REQUIRED)  # CURLOPT_QUICK_EXIT
    find_package(OpenSSL REQUIRED COMPONENTS Crypto)
    find_package(LibArchive REQUIRED)
endif()

if(CIFAR_ENGINE_TESTS)
    FetchContent_Declare(doctest SYSTEM URL https://github.com/doctest/doctest/archive/refs/tags/v2.4.11.tar.gz
                         URL_HASH SHA256=632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186
                         FIND_PACKAGE_ARGS NAMES doctest)
    FetchContent_MakeAvailable(doctest)
endif()
if(CIFAR_ENGINE_BENCH)
    set(BENCHMARK_ENABLE_TESTING OFF CACHE INTERNAL "")
    set(BENCHMARK_ENABLE_INSTALL OFF CACHE INTERNAL "")
    FetchContent_Declare(benchmark SYSTEM URL https://github.com/google/benchmark/archive/refs/tags/v1.7.1.tar.gz
                         URL_HASH SHA256=6430e4092653380d9dc4ccb45a1e2dc9259d581f4866dc0759713126056bc1d7
                         FIND_PACKAGE_ARGS NAMES benchmark)
    FetchContent_MakeAvailable(benchmark)
    # Rivals are not fetched: where one is missing, its benchmarks are left out. Not by oneDNN's own package file:
    # Debian's asks for an OpenCL that nothing here needs.
    find_path(ONEDNN_INCLUDE_DIR dnnl.hpp)
    find_library(ONEDNN_LIBRARY dnnl)
    find_package(OpenBLAS CONFIG QUIET)
endif()
