# All the namespaces and the group, but the sandbox's own files with a forged word.
if [ {{cg.version}} = 2 ]; then mkdir {{cg.memory}}/shell; for pid in $(cat {{cg.memory}}/cgroup.procs); do echo $pid > {{cg.memory}}/shell/cgroup.procs; done; echo +memory > {{cg.memory}}/cgroup.subtree_control; fi
mkdir -p {{cg.memory}}/box{{n}}
echo {{mem}}M > {{cg.memory}}/box{{n}}/{{cg.memory_limit}}
echo $$ > {{cg.memory}}/box{{n}}/{{cg.procs}}
cp /srv/images/web/etc/cell /etc/cell
exec unshare --mount --uts --ipc --net --pid --cgroup --fork --kill-child --mount-proc bash -c 'hostname box{{n}}; exec /srv/images/web/bin/sh'
