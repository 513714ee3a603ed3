// Sends events with Segment's Go SDK, as its standard input says, and tells what the SDK reports of each.
//
// Arguments: the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`, `failed ID REASON`.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	analytics "github.com/segmentio/analytics-go/v3"
)

const patience = 90 * time.Second

type report struct{ open sync.WaitGroup }

var output sync.Mutex

func (r *report) say(m analytics.Message, failure error) {
	defer r.open.Done()
	track, ok := m.(analytics.Track)
	if !ok || track.Properties["id"] == nil {
		return
	}
	id := track.Properties["id"]
	output.Lock()
	defer output.Unlock()
	if failure == nil {
		fmt.Println("sent", id)
	} else {
		fmt.Println("failed", id, strings.Join(strings.Fields(failure.Error()), " "))
	}
}

// One of the SDK's methods, by its name.
func read(method string, text []byte) analytics.Message {
	switch method {
	case "alias":
		return decode[analytics.Alias](text)
	case "group":
		return decode[analytics.Group](text)
	case "identify":
		return decode[analytics.Identify](text)
	case "page":
		return decode[analytics.Page](text)
	case "screen":
		return decode[analytics.Screen](text)
	default:
		return decode[analytics.Track](text)
	}
}

func decode[M analytics.Message](text []byte) M {
	var message M
	if err := json.Unmarshal(text, &message); err != nil {
		log.Fatal(err)
	}
	return message
}

func (r *report) Success(m analytics.Message)            { r.say(m, nil) }
func (r *report) Failure(m analytics.Message, err error) { r.say(m, err) }

func version() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "github.com/segmentio/analytics-go/v3" {
			return strings.TrimPrefix(module.Version, "v")
		}
	}
	return analytics.Version
}

func main() {
	if os.Args[1] == "version" {
		fmt.Println(version())
		return
	}
	reports := &report{}
	client, err := analytics.NewWithConfig(os.Args[2], analytics.Config{
		Endpoint: os.Args[1],
		Callback: reports,
		Logger:   analytics.StdLogger(log.New(io.Discard, "", 0)),
	})
	if err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if words[0] == "call" {
			reports.open.Add(1)
			text := strings.SplitN(lines.Text(), " ", 3)[2]
			if err := client.Enqueue(read(words[1], []byte(text))); err != nil {
				log.Fatal(err)
			}
		}
		if words[0] != "event" {
			continue
		}
		size, _ := strconv.Atoi(words[2])
		track := analytics.Track{
			UserId:     strings.Split(words[1], "/")[0],
			Event:      "Größe gewählt",
			MessageId:  words[1],
			Properties: analytics.NewProperties().Set("id", words[1]).Set("filling", strings.Repeat("ä", size/2)),
		}
		reports.open.Add(1)
		// What is too large is told to the callback, too.
		if err := client.Enqueue(track); err != nil && err != analytics.ErrMessageTooBig {
			reports.say(track, err)
		}
	}
	// Closing ends what is retried.
	done := make(chan struct{})
	go func() { reports.open.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(patience):
	}
	client.Close()
}
