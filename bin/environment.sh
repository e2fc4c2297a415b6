# Read by the commands beside it: finds or makes the virtual environment that they run in.
#
# ready_environment run|dev   sets `python`; "dev" adds what tests and checks need.
#
# The environment is $STOA_VENV, or .venv in the checkout. It is used as it is when its stamp names the present lock,
# whoever made it; else it is made or renewed, by one process at a time. The default moves to a cache folder where
# .venv cannot serve: for an ordinary user who may not write here, and for root where the checkout lies in a folder
# that is closed to others (PostgreSQL, which never runs as root, could not reach its own programs).

fail() {
    printf '%s\n' "$1" >&2
    exit 1
}

checksum() { # of files, as one word
    if command -v sha256sum >/dev/null 2>&1; then
        cat "$@" | sha256sum | cut -d' ' -f1
    else
        cat "$@" | cksum | tr ' ' '-'
    fi
}

ready_environment() {
    kind=$1
    if [ "$kind" = dev ]; then
        set -- "$root/requirements/run.txt" "$root/requirements/dev.txt"
    else
        set -- "$root/requirements/run.txt"
    fi
    wanted=$(checksum "$@")
    if [ -n "${STOA_VENV:-}" ]; then
        venv=$STOA_VENV
        case $venv in /*) ;; *) venv=$PWD/$venv ;; esac
    else
        venv=$root/.venv
        if [ "$(id -u)" = 0 ] && closed_to_others "$root"; then
            venv=/var/cache/stoa/$(name_of_root)
        elif ! is_ready && ! can_write; then
            [ -n "${HOME:-}" ] || fail "$venv cannot be written by you: set STOA_VENV to a folder that can."
            venv=${XDG_CACHE_HOME:-$HOME/.cache}/stoa/$(name_of_root)
        fi
    fi
    is_ready || make_environment "$@"
    python=$venv/bin/python
    PYTHONPATH=$root
    STOA_ROOT=$root
    export PYTHONPATH STOA_ROOT
}

name_of_root() {
    printf '%s-%s' "$(basename "$root")" "$(printf '%s' "$root" | cksum | cut -d' ' -f1)"
}

closed_to_others() { # whether some folder from / down to $1 may not be entered by everybody
    folder=$1
    set --
    while [ "$folder" != / ]; do
        set -- "$@" "$folder"
        folder=$(dirname "$folder")
    done
    [ -n "$(find "$@" -maxdepth 0 ! -perm -001 2>/dev/null)" ]
}

is_ready() {
    [ -x "$venv/bin/python" ] && [ -r "$venv/.stoa-$kind" ] && [ "$(cat "$venv/.stoa-$kind")" = "$wanted" ]
}

can_write() {
    if [ -e "$venv" ]; then [ -w "$venv" ] && [ -x "$venv/bin/python" -o ! -e "$venv/bin" ]; else [ -w "$(dirname "$venv")" ]; fi
}

make_environment() {
    mkdir -p "$(dirname "$venv")" 2>/dev/null && [ -w "$(dirname "$venv")" ] && { [ ! -e "$venv" ] || [ -w "$venv" ]; } ||
        fail "The virtual environment $venv is missing or out of date and cannot be written by you: set STOA_VENV to a folder that can."
    (
        umask 022 # others, PostgreSQL's account among them, run what is in it
        take_lock
        trap 'release_lock' EXIT
        trap 'exit 130' INT TERM HUP
        is_ready || install "$@"
    ) || exit 1
}

take_lock() {
    if command -v flock >/dev/null 2>&1; then
        exec 9>"$venv.lock"
        flock 9
        return
    fi
    until mkdir "$venv.lock.d" 2>/dev/null; do
        holder=$(cat "$venv.lock.d/pid" 2>/dev/null)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then rm -rf "$venv.lock.d"; else sleep 1; fi
    done
    sh -c 'echo $PPID' >"$venv.lock.d/pid"
}

release_lock() {
    rm -rf "$venv.lock.d"
}

install() {
    echo "Setting up Stoa's environment in $venv (about a minute, once) ..." >&2
    if [ -e "$venv" ] && [ ! -e "$venv/.stoa" ] && [ ! -e "$venv/pyvenv.cfg" ] && [ -n "$(ls -A "$venv")" ]; then
        fail "$venv holds something else than a virtual environment: set STOA_VENV to another folder."
    fi
    # One of ours without any stamp was left half made: begin again. One that somebody else made is only added to.
    if [ ! -x "$venv/bin/python" ] || { [ -e "$venv/.stoa" ] && [ ! -e "$venv/.stoa-run" ]; }; then
        find_python
        rm -f "$venv/.stoa-run" "$venv/.stoa-dev"
        "$found" -m venv --clear "$venv" || fail "The virtual environment $venv could not be made."
        : >"$venv/.stoa"
    fi
    rm -f "$venv/.stoa-run" "$venv/.stoa-dev"
    for lock in "$@"; do
        shift
        set -- "$@" -r "$lock"
    done
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes "$@" ||
        fail "The packages could not be installed; what pip says above tells why. Run the same command again to retry."
    checksum "$root/requirements/run.txt" >"$venv/.stoa-run"
    [ "$kind" != dev ] || echo "$wanted" >"$venv/.stoa-dev"
}

# One that was built without its optimizations (pyenv's are, unless told otherwise) takes about a third more time for
# everything, so another is preferred where there is one. A distribution's own has them, whatever it says of itself.
find_python() {
    seen=
    for wish in optimized any; do
        for found in ${STOA_PYTHON:-python3.13 python3.12 python3.11 python3 /usr/bin/python3}; do
            "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue
            seen=$found
            [ "$wish" = any ] || is_optimized || continue
            "$found" -c 'import venv, ensurepip' >/dev/null 2>&1 && return
        done
    done
    [ -z "$seen" ] || fail "$seen lacks the modules venv and ensurepip: install them (on Debian and Ubuntu: apt-get install python3-venv)."
    [ -z "${STOA_PYTHON:-}" ] || fail "STOA_PYTHON says $STOA_PYTHON, which is no Python of version 3.11 or later."
    fail "Stoa needs Python 3.11 or later, and neither python3.13, python3.12, python3.11 nor python3 is one: install it first."
}

is_optimized() {
    "$found" -c '
import sys, sysconfig
sys.exit(sys.base_prefix != "/usr" and "--enable-optimizations" not in (sysconfig.get_config_var("CONFIG_ARGS") or ""))
' >/dev/null 2>&1
}
