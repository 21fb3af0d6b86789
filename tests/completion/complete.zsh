# complete.zsh SCRIPT LINE: what the completion SCRIPT gives an interactive zsh for the LINE, one a line. Every match
# goes by way of compadd: here it goes to a file as well.
zmodload zsh/zpty || exit 2
folder=$(mktemp -d) || exit 2
cat >$folder/setup <<SETUP
PROMPT= RPROMPT=
autoload -Uz compinit && compinit -u -D
bindkey '^I' complete-word
source ${(q)1}
compadd() {
    if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
        builtin compadd "\$@"
        return
    fi
    local -a hits
    builtin compadd -A hits "\$@"
    print -rl -- \$hits >>$folder/hits
    builtin compadd "\$@"
}
finish() { : >$folder/finished }
comppostfuncs=(finish)
zle-line-init() { : >$folder/ready }
zle -N zle-line-init
SETUP
wait_for() {
    local i
    for i in {1..200}; do
        [[ ! -e $1 ]] || return 0
        sleep 0.05
    done
    print -u2 "zsh did not get to $1"
    rm -rf $folder
    exit 2
}
zpty -b shell zsh -f -i
zpty -w shell "source $folder/setup"
wait_for $folder/ready
zpty -n -w shell "$2"$'\t'
wait_for $folder/finished
hits=
[[ ! -e $folder/hits ]] || hits=$(<$folder/hits)
zpty -d shell
rm -rf $folder
[[ ! $hits ]] || print -rl -- ${(f)hits}
