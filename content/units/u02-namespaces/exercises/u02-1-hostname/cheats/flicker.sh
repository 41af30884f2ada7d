# Right again and again, and never for long.
while :; do timeout 0.8 unshare --uts sh -c 'hostname box-{{n}}; exec sleep 2'; done
