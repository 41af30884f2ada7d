# expect: roots-file
touch /home/alice/mine
