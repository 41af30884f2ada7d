# expect: strays
CG={{cg.cpu}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +cpu > $CG/cgroup.subtree_control; fi
mkdir $CG/hog
echo {{share}}000 > $CG/hog/{{cg.cpu_limit}}
echo $(pgrep -o -f cpuhog) > $CG/hog/{{cg.procs}}
