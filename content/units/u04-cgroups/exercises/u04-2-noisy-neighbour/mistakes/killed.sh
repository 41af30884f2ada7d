# expect: killed
pkill -f cpuhog
