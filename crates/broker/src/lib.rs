//! An mTLS front end for MQTT over rumqttd's router.
