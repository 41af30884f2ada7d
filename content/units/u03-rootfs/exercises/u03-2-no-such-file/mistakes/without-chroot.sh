# expect: outside
/srv/app/server {{port}} &
