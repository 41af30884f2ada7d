# Late, with a crowd, and frozen while it is moved.
sleep 8
CG={{cg.pids}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +pids > $CG/cgroup.subtree_control; fi
mkdir -p $CG/bomb {{cg.freezer}}/bomb
for i in 1 2 3; do for pid in $(pgrep forker); do echo $pid > {{cg.freezer}}/bomb/cgroup.procs; done; done
echo 1 > {{cg.freezer}}/bomb/cgroup.freeze
for pid in $(pgrep forker); do echo $pid > $CG/bomb/{{cg.procs}}; done
echo {{most}} > $CG/bomb/{{cg.pids_max}}
pgrep -x forker-child | tail -n +{{most}} | xargs -r kill -9
echo 0 > {{cg.freezer}}/bomb/cgroup.freeze
