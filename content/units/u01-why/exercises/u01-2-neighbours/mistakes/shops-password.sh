# expect: shops-password
su web
#: answer secret={{other}}
