# shellcheck shell=bash
# nginx with a prefix of its own: it needs no rights and touches nothing of the system's.

# quoted PATH: as a word of nginx's configuration.
quoted() {
    local text=${1//\\/\\\\}
    echo "\"${text//\"/\\\"}\""
}

write_nginx_conf() {
    local folder=$data/nginx files=$1 name
    [ "$(id -u)" != 0 ] || echo 'user www-data;'
    cat <<CONF
daemon off;
worker_processes auto;
worker_rlimit_nofile $files;
pid $(quoted "$folder/nginx.pid");
# Lines of level "error" quote the request with its query, where a token may stand.
error_log $(quoted "$(log_of nginx)") crit;
events { worker_connections $((files / 2)); }
http {
    client_body_temp_path $(quoted "$folder/body");
    proxy_temp_path $(quoted "$folder/proxy");
    fastcgi_temp_path $(quoted "$folder/fastcgi");
    uwsgi_temp_path $(quoted "$folder/uwsgi");
    scgi_temp_path $(quoted "$folder/scgi");
    include $(quoted "$folder/settings.conf");
    include $(quoted "$folder/http.conf");
    access_log $(quoted "$(log_of nginx)") parley if=\$worth_a_line;
    upstream gateways {
        zone gateways 64k;
        least_conn;
CONF
    for name in $(gateway_names); do
        echo "        server 127.0.0.1:$(port_of "$name") max_fails=1 fail_timeout=2s;"
    done
    echo '        keepalive 32;'
    echo '    }'
    for name in auth history presence; do
        echo "    upstream $name { server 127.0.0.1:$(port_of "$name"); keepalive 16; }"
    done
    cat <<CONF
    server {
        listen 127.0.0.1:$(port_of nginx);
        set \$inside $(service_scheme);
        set \$gateways gateways;
        set \$auth auth;
        set \$history history;
        set \$presence presence;
        include $(quoted "$folder/routes.conf");
    }
}
CONF
}

start_nginx() {
    local folder=$data/nginx files
    files=$(ulimit -n)
    [ "$files" != unlimited ] && [ "$files" -le 65536 ] || files=65536
    chmod 711 "$folder"
    cp "$top"/compose/nginx/{http,routes,proxy,gzip,problems,readable}.conf "$folder/"
    sh "$top/compose/nginx/settings.sh" "$folder" || fail "nginx cannot be told its settings"
    write_nginx_conf "$files" >"$folder/nginx.conf"
    launch nginx nginx -p "$folder" -c "$folder/nginx.conf" -e "$(log_of nginx)"
}
