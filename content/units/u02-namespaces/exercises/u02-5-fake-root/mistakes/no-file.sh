# expect: no-file
su alice
unshare -Urm bash
