#!lua name=room_v1
redis.register_function{function_name="room_version", callback=function() return 1 end, flags={"no-writes"}}
