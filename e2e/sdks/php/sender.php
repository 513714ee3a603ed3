<?php

// Sends events with Segment's PHP SDK, as its standard input says, and tells what the SDK reports of each.
//
// Arguments: Composer's autoload file, then the address and the write key, or `version`. Input: `event ID BYTES`, `call METHOD JSON` and `flush`, one a line. Output: `sent ID`,
// `failed ID REASON`. The SDK does not say which events an error is about, so each flush is one question.

declare(strict_types=1);

require $argv[1];

if ($argv[2] === 'version') {
    require dirname((new ReflectionClass(Segment\Client::class))->getFileName()) . '/Version.php';
    echo $SEGMENT_VERSION, PHP_EOL;
    exit;
}

/** The SDK knows https alone. */
class PlainCurl extends Segment\Consumer\LibCurl
{
    protected string $protocol = 'http://';
}

ini_set('error_log', '/dev/null');
$errors = [];
$options = [
    'host' => preg_replace('~^http://~', '', $argv[2]),
    'error_handler' => function ($code, $message) use (&$errors) {
        $errors[] = [$code, $message];
    },
];
$client = new PlainCurl($argv[3], $options);
$sdk = new Segment\Client($argv[3], ['consumer' => PlainCurl::class] + $options);

/** Of an error that it retries the SDK tells each time; the seventh was the last try. */
function failureOf(bool $result, array $errors): ?string
{
    $final = array_filter($errors, fn($error) => $error[0] >= 400 && $error[0] < 500 && $error[0] !== 429);
    if ($result && count($final) === 0 && count($errors) < 7) {
        return null;
    }
    $last = end($errors);
    return $last === false ? 'refused by the SDK' : $last[0] . ' ' . strtr(substr((string) $last[1], 0, 150), "\r\n", '  ');
}

function say(string $id, ?string $failure): void
{
    echo $failure === null ? "sent $id" : "failed $id $failure", PHP_EOL;
}

$group = [];
$results = true;
do {
    $line = fgets(STDIN);
    $words = explode(' ', $line === false ? 'flush' : trim($line));
    if ($words[0] === 'call') {
        $sdk->{$words[1]}(json_decode(explode(' ', trim($line), 3)[2], true));
        continue;
    }
    if ($words[0] === 'event') {
        $before = count($errors);
        $message = [
            'type' => 'track',
            'userId' => explode('/', $words[1])[0],
            'event' => 'Größe gewählt',
            'messageId' => $words[1],
            'timestamp' => date('c'),
            'context' => ['library' => ['name' => 'analytics-php', 'version' => '3', 'consumer' => 'LibCurl']],
            'properties' => ['id' => $words[1], 'filling' => str_repeat('ä', intdiv((int) $words[2], 2))],
        ];
        $taken = $client->track($message);
        if (!$taken && strlen(json_encode($message)) >= 32000) {
            say($words[1], 'refused by the SDK');
        } elseif (!$taken && count($errors) === $before) {
            // It was the one with which the batch came to more than 500 KB, which is dropped as a whole.
            foreach ([...$group, $words[1]] as $id) {
                say($id, 'its batch was dropped by the SDK');
            }
            $group = [];
        } else {
            $group[] = $words[1];
            $results = $results && $taken;
        }
        continue;
    }
    $sdk->flush();
    $results = $client->flush() && $results;
    foreach ($group as $id) {
        say($id, failureOf($results, $errors));
    }
    $group = [];
    $errors = [];
    $results = true;
} while ($line !== false);
