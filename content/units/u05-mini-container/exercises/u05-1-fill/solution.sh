if [ {{cg.version}} = 2 ]; then mkdir {{cg.memory}}/shell; for pid in $(cat {{cg.memory}}/cgroup.procs); do echo $pid > {{cg.memory}}/shell/cgroup.procs; done; echo +memory > {{cg.memory}}/cgroup.subtree_control; fi
sed -i -e 's|__1__|{{cg.procs}}|' -e 's|__2__|--mount --uts --ipc --net --pid --cgroup|' -e 's|__3__|$LOWER|' -e 's|__4__|userxattr|' mini.sh
sed -i -e 's|__5__|proc|' -e 's|__6__|pivot_root|' -e 's|__7__|-l|' mini.sh
bash mini.sh /srv/images/web {{mem}}M box{{n}} /bin/server 80
