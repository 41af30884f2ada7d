# expect: killed-as-root
kill $(pgrep -x blog)
