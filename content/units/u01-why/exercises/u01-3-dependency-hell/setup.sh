# Two programs that share one library, and the tree of files that each would like to see as "/".
write_app() { # NAME PORT FUNCTION VERSION
    cat > "/usr/local/bin/$1" <<EOF
#!/bin/sh
# $1 needs libgreet $4.
. /usr/lib/greet/greet.sh
words=\$($3) || exit 1
exec /usr/local/bin/labtool web $2 127.0.0.1 "\$words"
EOF
    chmod 755 "/usr/local/bin/$1"
}
write_library() { # DIRECTORY VERSION FUNCTION
    mkdir -p "$1"
    printf '# libgreet %s\n%s() { echo "v%s {{tok}}"; }\n' "$2" "$3" "$2" > "$1/greet.sh"
}
grow_tree() { # ROOT APP
    mkdir -p "$1/bin" "$1/usr/local/bin"
    cp /usr/bin/busybox "$1/bin/sh"
    cp /usr/local/bin/labtool "/usr/local/bin/$2" "$1/usr/local/bin/"
}
write_app app-a 8001 greet 1
write_app app-b 8002 say_hello 2
write_library /usr/lib/greet 1 greet
write_library /usr/share/greet-2 2 say_hello
printf '#!/bin/sh\ncp -v /usr/share/greet-2/greet.sh /usr/lib/greet/greet.sh\n' > /usr/local/bin/upgrade-b
chmod 755 /usr/local/bin/upgrade-b
grow_tree /srv/a app-a
grow_tree /srv/b app-b
write_library /srv/a/usr/lib/greet 1 greet
write_library /srv/b/usr/lib/greet 2 say_hello
