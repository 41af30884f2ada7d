# expect: no-fork
unshare --pid bash
ls
ls
