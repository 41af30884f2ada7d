CG={{cg.cpu}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +cpu > $CG/cgroup.subtree_control; fi
mkdir $CG/hog
for pid in $(pgrep -f cpuhog); do echo $pid > $CG/hog/{{cg.procs}}; done
if [ {{cg.version}} = 2 ]; then echo "{{share}}00 10000" > $CG/hog/cpu.max; else echo 10000 > $CG/hog/cpu.cfs_period_us; echo {{share}}00 > $CG/hog/cpu.cfs_quota_us; fi
