/* The operator's command. What each does is in common/operator/. */
#include <stdio.h>
#include <string.h>

#include "operator/operator.h"

static int key_new(struct process *p, int argc, char **argv)
{
    char why[512];

    (void)argv;
    if (argc != 0)
        return STATUS_USAGE;
    if (!keyring_create(p->conf.master_key_file, why, sizeof(why)))
        return operator_says("%s", why);
    printf("made %s; keep a copy of it apart from the database's\n", p->conf.master_key_file);
    return STATUS_OK;
}

static int config(struct process *p, int argc, char **argv)
{
    (void)argv;
    if (argc != 0)
        return STATUS_USAGE;
    conf_print(&p->conf, stdout);
    return STATUS_OK;
}

static const char migrate_does[] =
    "Applies the numbered files of sql_dir that the database has not had yet, in order.\n"
    "--plan only tells which. Exit: 0 done, 1 refused or failed, 75 another one is at work.";
static const char key_new_does[] =
    "Makes master_key_file with a fresh key; refuses when the file is there already.";
static const char config_does[] = "Prints the configuration in force, secrets left out.";
static const char doctor_does[] =
    "Looks at configuration, key, database, schema and log; says what to do where one is not\n"
    "right. Exit: 0 all is well, 1 something is not.";
static const char demo_does[] =
    "Fills in demo data; what is there already stays. Refused unless \"sandbox = yes\".";

enum start { START_NOTHING, START_WITHOUT_KEY, START_WITH_KEY };

static const struct command {
    const char *name; /* one word or more */
    const char *options;
    const char *does;
    enum start start;
    command_fn *run;
} commands[] = {
    {"migrate", " [--plan]", migrate_does, START_WITHOUT_KEY, operator_migrate},
    {"key new", "",          key_new_does, START_WITHOUT_KEY, key_new         },
    {"config",  "",          config_does,  START_WITHOUT_KEY, config          },
    {"doctor",  "",          doctor_does,  START_NOTHING,     operator_doctor },
    {"demo",    "",          demo_does,    START_WITH_KEY,    operator_demo   },
};

static void print_usage(FILE *to)
{
    fprintf(to, "usage: vezne COMMAND\n\n");
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(to, "  vezne %s%s\n", commands[i].name, commands[i].options);
    fprintf(to,
            "\n\"vezne COMMAND --help\" says more. The configuration is the file that VEZNE_CONF"
            " names,\n/etc/vezne/vezne.conf without it.\n");
}

/* How many of the words `name` takes, 0 when they are others. */
static int words_of_name(const char *name, int argc, char **argv)
{
    int n = 0;

    while (*name != '\0') {
        size_t len = strcspn(name, " ");
        if (n == argc || strlen(argv[n]) != len || memcmp(argv[n], name, len) != 0)
            return 0;
        n++;
        name += len + (name[len] == ' ');
    }
    return n;
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

static int run(const struct command *cmd, int argc, char **argv)
{
    struct process p = {0};

    if (argc == 1 && is_help(argv[0])) {
        printf("usage: vezne %s%s\n\n%s\n", cmd->name, cmd->options, cmd->does);
        return STATUS_OK;
    }
    if (cmd->start != START_NOTHING &&
        !process_start(&p, "vezne", cmd->start == START_WITH_KEY ? NEEDS_KEY : NEEDS_NO_KEY))
        return STATUS_FAILED;
    int status = cmd->run(&p, argc, argv);
    if (cmd->start != START_NOTHING)
        process_end(&p);
    if (status == STATUS_USAGE)
        fprintf(stderr, "usage: vezne %s%s\n", cmd->name, cmd->options);
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && is_help(argv[1])) {
        print_usage(stdout);
        return STATUS_OK;
    }
    for (size_t i = 0; i < COUNT(commands); i++) {
        int n = words_of_name(commands[i].name, argc - 1, argv + 1);
        if (n > 0)
            return run(&commands[i], argc - 1 - n, argv + 1 + n);
    }
    print_usage(stderr);
    return STATUS_USAGE;
}
