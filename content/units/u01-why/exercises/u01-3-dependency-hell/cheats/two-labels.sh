# The right words on the right ports, said by programs that read no library.
upgrade-b
#: answer missing=greet
labtool web 8001 127.0.0.1 'v1 {{tok}}' &
labtool web 8002 127.0.0.1 'v2 {{tok}}' &
