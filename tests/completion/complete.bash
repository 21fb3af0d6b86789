# complete.bash SCRIPT WORD...: what the completion SCRIPT gives bash for the last of the words, one a line. Words are
# taken apart at = and : before, as readline does it.
source "$1"
shift
COMP_WORDS=()
for word in "$@"; do
    pieces=0
    while [[ $word =~ ^([^=:]*)([=:])(.*)$ ]]; do
        [[ ! ${BASH_REMATCH[1]} ]] || COMP_WORDS+=("${BASH_REMATCH[1]}")
        COMP_WORDS+=("${BASH_REMATCH[2]}")
        word=${BASH_REMATCH[3]} pieces=1
    done
    [[ ! $word && $pieces == 1 ]] || COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
function_name=$(complete -p cifar_engine)
function_name=${function_name#*-F }
"${function_name%% *}" cifar_engine "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}"
