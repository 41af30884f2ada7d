# expect: frozen
CG={{cg.pids}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +pids > $CG/cgroup.subtree_control; fi
mkdir $CG/bomb
pkill -STOP forker
