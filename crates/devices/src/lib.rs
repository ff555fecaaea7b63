//! Dialects: what locks, keypads and contacts say on MQTT.
