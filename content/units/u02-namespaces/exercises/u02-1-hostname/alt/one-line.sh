unshare -u sh -c 'echo box-{{n}} >/proc/sys/kernel/hostname || hostname box-{{n}}; exec sleep infinity'
