# expect: moved-late
CG={{cg.memory}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +memory > $CG/cgroup.subtree_control; fi
mkdir $CG/wall
echo {{limit}}M > $CG/wall/{{cg.memory_limit}}
labtool memhog 200 > /tmp/hog &
until grep -q holding /tmp/hog; do sleep 0.1; done
echo $! > $CG/wall/{{cg.procs}}
