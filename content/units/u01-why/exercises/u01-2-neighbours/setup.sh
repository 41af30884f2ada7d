# Three services that an administrator put on one machine: two under one account, one under its own.
useradd -m -u 1001 -s /bin/bash web
useradd -m -u 1002 -s /bin/bash vault
serve() { # NAME ACCOUNT PASSWORD
    cp /usr/local/bin/labtool "/usr/local/bin/$1"
    setsid setpriv --reuid "$2" --regid "$2" --init-groups --reset-env \
        env DB_PASSWORD="$3" "/usr/local/bin/$1" counter </dev/null >/dev/null 2>&1 &
    for _ in $(seq 100); do
        pgrep -x -u "$2" "$1" >/dev/null && return
        sleep 0.05
    done
    echo "$1 did not start" >&2
    return 1
}
serve blog web {{secret}}
serve shop web {{other}}
serve bank vault {{vaulted}}
