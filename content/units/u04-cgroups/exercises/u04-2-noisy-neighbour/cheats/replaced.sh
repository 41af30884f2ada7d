# New ones that were born in the group, and the old ones gone.
CG={{cg.cpu}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +cpu > $CG/cgroup.subtree_control; fi
mkdir $CG/hog
echo {{share}}000 > $CG/hog/{{cg.cpu_limit}}
pkill -f cpuhog; sleep 2
(echo $BASHPID > $CG/hog/{{cg.procs}}; exec setsid labtool cpuhog 2) &
