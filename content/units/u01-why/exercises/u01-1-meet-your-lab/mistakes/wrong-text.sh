# expect: wrong-text
echo hello > /root/hello
