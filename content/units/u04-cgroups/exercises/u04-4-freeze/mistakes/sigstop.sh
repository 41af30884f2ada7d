# expect: stopped
ICE={{cg.freezer}}/ice
mkdir $ICE
for pid in $(pgrep -x labtool); do echo $pid > $ICE/cgroup.procs; kill -STOP $pid; done
