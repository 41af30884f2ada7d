# expect: dead-in-ice
mkdir {{cg.freezer}}/ice
echo 1 > {{cg.freezer}}/ice/cgroup.freeze
