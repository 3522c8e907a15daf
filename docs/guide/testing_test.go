package guide_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/peerage-go/peerage/multiplayer"
	"github.com/peerage-go/peerage/rpc"
)

// The game: who is asked has ten seconds to answer.

var (
	question = rpc.Method1[string]{Name: "question"}
	answer   = rpc.Method1[string]{Name: "answer", Config: rpc.Config{Mode: rpc.AnyPeer}}
	result   = rpc.Method1[string]{Name: "result"}
)

func serve(game *rpc.SceneMultiplayer) {
	quiz := game.Node("Quiz")
	quiz.Declare(question, result)
	var clock *multiplayer.Timer
	answer.Handle(quiz, func(c *rpc.Call, text string) {
		if clock.Stop() { // else the time was over
			result.RPC(quiz, c.Admitted().(string)+" says "+text)
		}
	})
	game.OnPeerConnected = func(id rpc.PeerID) {
		if game.HasPeer(2) && game.HasPeer(3) {
			question.RPC(quiz, "how many?")
			clock = game.After(10*time.Second, func() { result.RPC(quiz, "nobody knows") })
		}
	}
}

func TestQuiz(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // time is virtual in here: ten seconds take none
		peer, err := multiplayer.NewServer(&multiplayer.Options{
			ResumeWindow: time.Minute,
			Admit:        func(r *http.Request) (any, error) { return r.URL.Query().Get("name"), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		game, err := rpc.New(peer, nil)
		if err != nil {
			t.Fatal(err)
		}
		serve(game)
		go game.Run(context.Background(), 0, nil)

		var heard []string // Ann's
		join := func(name string) *rpc.SceneMultiplayer {
			p, err := peer.JoinURL("ws://game/?name="+name, &multiplayer.Options{Reconnect: time.Minute}) // no network
			if err != nil {
				t.Fatal(err)
			}
			client, err := rpc.New(p, nil)
			if err != nil {
				t.Fatal(err)
			}
			quiz := client.Node("Quiz")
			quiz.Declare(answer)
			hear := func(_ *rpc.Call, text string) {
				if name == "Ann" {
					heard = append(heard, text)
				}
			}
			question.Handle(quiz, hear)
			result.Handle(quiz, hear)
			go client.Run(context.Background(), 0, nil)
			synctest.Wait() // until everybody waits for something: what was to happen has happened
			return client
		}
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			if !slices.Equal(heard, want) {
				t.Errorf("heard %q, want %q", heard, want)
			}
			heard = nil
		}
		ann, bob := join("Ann"), join("Bob")
		expect("how many?")

		bob.Post(func() { bob.MultiplayerPeer().Peer(1).WebSocket().Close(-1, "") }) // his network is gone
		synctest.Wait()
		if !game.Away(3) {
			t.Error("Bob is not away")
		}
		bob.Post(func() { answer.RPCID(bob.Node("Quiz"), multiplayer.Server, "seven") }) // which waits for him to be back
		time.Sleep(5 * time.Second)
		expect("Bob says seven")

		time.Sleep(time.Hour) // the clock was stopped
		expect()
		ann.Close()
		bob.Close()
		game.Close()
		synctest.Wait()
	})
}
