# Two people on one machine; bob keeps a program running.
useradd -m -u 1000 -s /bin/bash alice
useradd -m -u 1001 -s /bin/bash bob
cp /usr/local/bin/labtool /usr/local/bin/ledger
setsid setpriv --reuid bob --regid bob --init-groups --reset-env \
    /usr/local/bin/ledger counter </dev/null >/dev/null 2>&1 &
for _ in $(seq 100); do
    pgrep -x -u bob ledger >/dev/null && exit
    sleep 0.05
done
echo "ledger did not start" >&2
exit 1
