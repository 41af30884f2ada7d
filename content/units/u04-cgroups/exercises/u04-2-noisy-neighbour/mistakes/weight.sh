# expect: only-weight
CG={{cg.cpu}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +cpu > $CG/cgroup.subtree_control; fi
mkdir $CG/hog
for pid in $(pgrep -f cpuhog); do echo $pid > $CG/hog/{{cg.procs}}; renice 19 $pid; done
if [ {{cg.version}} = 2 ]; then echo 1 > $CG/hog/cpu.weight; else echo 2 > $CG/hog/cpu.shares; fi
