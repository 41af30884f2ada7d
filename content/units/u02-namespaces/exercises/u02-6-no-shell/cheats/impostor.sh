# Customers get an answer, from somebody else.
ip addr add 10.{{n}}.0.20/32 dev to-customer
labtool web 8080 0.0.0.0 {{tok}} > /dev/null &
