# expect: no-map
su alice
unshare -Um bash
touch ~/mine
