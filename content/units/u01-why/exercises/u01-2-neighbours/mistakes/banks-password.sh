# expect: banks-password
#: answer secret={{vaulted}}
