# expect: root-killed
pkill -9 forker
