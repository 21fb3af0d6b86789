#!/usr/bin/env bash
# public_headers.sh COMPILER FOLDER: each header in the folder compiles alone, with nothing but the folder to look in.
set -euo pipefail
compiler=$1 folder=$2

mapfile -t headers < <(cd "$folder" && find . -name '*.h' -printf '%P\n' | sort)
((${#headers[@]} > 80)) || { echo "only ${#headers[@]} headers in $folder"; exit 1; }
echo "${#headers[@]} headers"
printf '%s\0' "${headers[@]}" | xargs -0 --max-procs="$(nproc)" -I{} "$compiler" -std=c++20 -fsyntax-only \
    -Wall -Wextra -Wpedantic -Werror -I "$folder" -include {} -x c++ /dev/null
