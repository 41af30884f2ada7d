CG={{cg.memory}}
if [ {{cg.version}} = 2 ]; then mkdir $CG/shell; for pid in $(cat $CG/cgroup.procs); do echo $pid > $CG/shell/cgroup.procs; done; echo +memory > $CG/cgroup.subtree_control; fi
mkdir $CG/wall
echo $(( {{limit}} * 1024 * 1024 )) > $CG/wall/{{cg.memory_limit}}
bash
echo $$ > {{cg.memory}}/wall/{{cg.procs}}
labtool memhog 200
labtool memhog {{keep}}
