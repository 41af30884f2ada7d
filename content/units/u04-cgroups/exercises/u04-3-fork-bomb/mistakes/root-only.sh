# expect: outsiders
sleep 5
CG={{cg.pids}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +pids > $CG/cgroup.subtree_control; fi
mkdir $CG/bomb
echo {{most}} > $CG/bomb/{{cg.pids_max}}
echo $(pgrep -x forker) > $CG/bomb/{{cg.procs}}
