# expect: too-many
sleep 12
CG={{cg.pids}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +pids > $CG/cgroup.subtree_control; fi
mkdir $CG/bomb
echo {{most}} > $CG/bomb/{{cg.pids_max}}
for i in 1 2 3; do for pid in $(pgrep forker); do echo $pid > $CG/bomb/{{cg.procs}}; done; done
