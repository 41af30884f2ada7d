# expect: elsewhere
cd /
echo {{tok}} > hello
