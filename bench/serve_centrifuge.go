package main

import (
	"net"
	"net/http"

	"github.com/centrifugal/centrifuge"
)

// serveCentrifuge is centrifuge as its README's chat has it: a channel a room, to which clients subscribe, and into which
// they publish.
func serveCentrifuge(ln net.Listener, _ serving) error {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		return err
	}
	node.OnConnect(func(c *centrifuge.Client) {
		c.OnSubscribe(func(_ centrifuge.SubscribeEvent, cb centrifuge.SubscribeCallback) {
			cb(centrifuge.SubscribeReply{}, nil)
		})
		c.OnPublish(func(_ centrifuge.PublishEvent, cb centrifuge.PublishCallback) {
			cb(centrifuge.PublishReply{}, nil)
		})
	})
	if err := node.Run(); err != nil {
		return err
	}
	ws := centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{})
	return http.Serve(ln, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		anonymous := centrifuge.SetCredentials(r.Context(), &centrifuge.Credentials{})
		ws.ServeHTTP(w, r.WithContext(anonymous))
	}))
}
