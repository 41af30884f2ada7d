mkdir -p /srv/app
cp /usr/local/lib/labtool/server /srv/app/server
