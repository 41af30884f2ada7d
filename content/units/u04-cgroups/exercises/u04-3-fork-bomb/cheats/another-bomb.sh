# A tame one in its place.
CG={{cg.pids}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +pids > $CG/cgroup.subtree_control; fi
mkdir $CG/bomb
echo {{most}} > $CG/bomb/{{cg.pids_max}}
pkill -9 forker; sleep 3
(echo $BASHPID > $CG/bomb/{{cg.procs}}; exec setsid labtool forker 1 90 >/dev/null) &
