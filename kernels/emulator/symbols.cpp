#include "kernels/emulator/symbols.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <cxxabi.h>
#include <elf.h>
#include <link.h>

#include "kernels/common/device.h"

namespace kernels::emulator {
namespace {

std::string demangled(const char* symbol) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(symbol, nullptr, nullptr, &status),
                                                      std::free);
    return status == 0 ? text.get() : symbol;
}

bool is_shared_array(const char* symbol) {
    return std::strncmp(symbol, "_ZZ", 3) == 0 && std::strstr(symbol, "8emulated") != nullptr;
}

template <typename T>
std::vector<T> read_table(std::ifstream& file, std::uint64_t offset, std::uint64_t bytes) {
    std::vector<T> table(bytes / sizeof(T));
    file.seekg(static_cast<std::streamoff>(offset));
    file.read(reinterpret_cast<char*>(table.data()), static_cast<std::streamsize>(table.size() * sizeof(T)));
    return table;
}

std::vector<SharedArray> read_shared_arrays() {
    std::ifstream file("/proc/self/exe", std::ios::binary);
    ElfW(Ehdr) header{};
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    const auto sections = read_table<ElfW(Shdr)>(file, header.e_shoff, header.e_shnum * sizeof(ElfW(Shdr)));
    const auto symtab = std::find_if(sections.begin(), sections.end(), [](const ElfW(Shdr) & section) {
        return section.sh_type == SHT_SYMTAB;
    });
    if (!file || symtab == sections.end())
        throw DeviceError(
            "device 'emulated' cannot find shared memory, in this program, whose symbols were "
            "stripped, use one that was not");
    const auto symbols = read_table<ElfW(Sym)>(file, symtab->sh_offset, symtab->sh_size);
    const ElfW(Shdr)& names_section = sections[symtab->sh_link];
    const auto names = read_table<char>(file, names_section.sh_offset, names_section.sh_size);

    const std::uintptr_t base = load_address();
    std::vector<SharedArray> found;
    for (const ElfW(Sym) & symbol : symbols) {
        if (ELF64_ST_TYPE(symbol.st_info) != STT_OBJECT || symbol.st_shndx >= sections.size()) continue;
        if (!(sections[symbol.st_shndx].sh_flags & SHF_WRITE) || symbol.st_size == 0) continue;
        const char* symbol_name = names.data() + symbol.st_name;
        if (is_shared_array(symbol_name))
            found.push_back(
                {base + symbol.st_value, base + symbol.st_value + symbol.st_size, demangled(symbol_name)});
    }
    std::sort(found.begin(), found.end(),
              [](const SharedArray& a, const SharedArray& b) { return a.begin < b.begin; });
    return found;
}

}  // namespace

std::uintptr_t load_address() {
    static const std::uintptr_t address = [] {
        std::uintptr_t found = 0;
        dl_iterate_phdr(
            [](dl_phdr_info* info, std::size_t, void* out) {
                *static_cast<std::uintptr_t*>(out) = info->dlpi_addr;
                return 1;  // the first object is the program itself
            },
            &found);
        return found;
    }();
    return address;
}

const std::vector<SharedArray>& shared_arrays() {
    static const auto& arrays = *new std::vector<SharedArray>(read_shared_arrays());
    return arrays;
}

}  // namespace kernels::emulator
